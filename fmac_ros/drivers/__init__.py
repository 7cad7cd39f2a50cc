"""Drivers of arms for hosts that have no ros2_control stack for them."""
