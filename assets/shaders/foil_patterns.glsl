// How foils change over a card: one function a kind of assets/foil.py's PatternKind. ``mm`` is from the card's middle,
// x right, y up; ``footprint`` the width of a pixel in mm, by which detail fades to its mean before it can shimmer.
// Every loop has a fixed count, whatever the parameters are. Needs foil_types.glsl before it.
#include "foil_hash.glsl"

Micro foil_plain(float angle) { return Micro(foil_unit(angle), 1.0, 1.0, 1.0, 0.5, vec2(0.0), 0.0, 0.0, vec2(0.0)); }

#include "foil_bands.glsl"
#include "foil_cells.glsl"
#include "foil_sky.glsl"
#include "foil_motifs.glsl"
