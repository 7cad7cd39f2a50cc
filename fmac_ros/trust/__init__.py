"""How far a prior is believed: calibrated verdicts, audits, and weights that follow outcomes."""
