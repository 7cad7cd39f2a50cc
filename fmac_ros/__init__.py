"""Foundation-Model-assisted Actor-Critic for ROS 2."""

from pkgutil import extend_path

# The interfaces (fmac_ros.msg, .srv, .action) are generated into the install prefix,
# the code may be run from a source tree: one package, two folders.
__path__ = extend_path(__path__, __name__)
__version__ = "0.1.0"
