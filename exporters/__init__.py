"""Files: frames or models in, images, videos and model files out."""
