.PHONY: setup demo test check peers bench-gpu fuzz assets gallery
VENV := .venv/bin
# A file's tests stay in one process; what drives whole farms or kills them has the machine to itself.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile

setup:
	@tools/setup.sh

demo: setup  ## the main job, end to end, on an embedded farm; results in out/
	@$(VENV)/farm demo

test: setup  ## everything: format, lint, types, contracts, all tests
	@tools/check.sh
	$(VENV)/python -m pytest $(SIDE_BY_SIDE) -m "not e2e and not faults"
	$(VENV)/python -m pytest -m "e2e or faults"

check: setup  ## quick enough to run all the time: no farm is started, nothing slow is drawn
	@tools/check.sh
	$(VENV)/python -m pytest -q $(SIDE_BY_SIDE) -m "not e2e and not faults and not slow and not gpu"

fuzz: setup  ## 5,000 broken models, a few minutes; FARM_SAMPLES names a folder of models to break too
	FARM_LONG=1 $(VENV)/python -m pytest -q tests/assets/test_gltf_fuzz.py

peers: setup  ## what the benchmarks are measured against
	@benchmarks/peers/install.sh

bench-gpu: setup  ## 4K frames a second on a graphics card; says why when there is none
	@$(VENV)/python -m benchmarks.gpu

assets: setup  ## bakes the catalogue's files again, every one; a few minutes
	$(VENV)/python -m assets.generators

gallery: setup  ## draws docs/gallery again
	$(VENV)/python -m tools.gallery.fabrics
	$(VENV)/python -m tools.gallery.foils
	$(VENV)/python -m tools.gallery.cards
	$(VENV)/python -m tools.gallery.mannequins
	$(VENV)/python -m tools.gallery.stages
	$(VENV)/python -m tools.gallery.garments
	$(VENV)/python -m tools.gallery.thumbnails
