"""Franka arms over franky-control (libfranka), and a simulated arm behind the same protocol."""
