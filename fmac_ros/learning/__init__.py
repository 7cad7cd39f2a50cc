"""Learning core: inverse dynamics, policy, both objectives, replay and Algorithm 1. No ROS."""
