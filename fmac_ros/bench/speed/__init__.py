"""``fmac bench speed``: the learner beside another library's, the graph beside one process."""
