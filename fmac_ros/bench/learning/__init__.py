"""``fmac bench learning``: how fast each algorithm learns, with which priors, beside baselines."""
