"""Serving priors to many at once: queues, batches, deadlines, memory. No ROS."""
