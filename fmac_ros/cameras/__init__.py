"""Cameras without ROS: capture, calibration files, JPEG with limits, frozen pictures."""
