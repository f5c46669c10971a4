"""The metadata that the slices' tables share: migrations cover it and the farm's own."""

from __future__ import annotations

from sqlalchemy import MetaData

from farm.tables import metadata as farm_metadata

metadata = MetaData(naming_convention=farm_metadata.naming_convention)
