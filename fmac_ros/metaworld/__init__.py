"""Meta-World's tasks behind the same robot side: hand, gripper, two cameras and a sentence."""
