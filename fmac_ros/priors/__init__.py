"""The foundation priors: value, success and video, and the latent space they share."""
