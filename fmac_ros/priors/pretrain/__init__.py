"""Train the embedded priors from action-free videos of arms solving tasks."""
