"""What the nodes share: names, quality of service, conversions, parameters, spinning."""
