"""Every light command of every slice: what the doors may ask and the light workers can do."""

from __future__ import annotations

from collections.abc import Mapping

from api.cards import commands as cards
from api.catalogue import commands as catalogue
from farm.jobs import Command

COMMANDS: Mapping[str, Command] = {command.kind: command for command in (*cards.COMMANDS, *catalogue.COMMANDS)}
