"""Which node may use which topic, service and action: a policy for SROS2."""
