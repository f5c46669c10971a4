"""What gets drawn: models, designs, scenes, and the content that the farm owns. Imports nothing of ours."""
