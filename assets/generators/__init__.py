"""How the catalogue is made: every baked file comes out of these modules and nothing else."""
