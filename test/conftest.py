"""What every test starts from."""

import signal

# A job started with & in a script ignores SIGINT; the tests that send one need it heard.
signal.signal(signal.SIGINT, signal.default_int_handler)
