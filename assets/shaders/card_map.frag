// A flat picture of a card's front: KIND is one of renderers/card_maps.py.
#include "foil_types.glsl"
#include "foil_patterns.glsl"
#include "card_micro.glsl"
uniform sampler2D u_masks;
uniform sampler2D u_relief_0;
uniform sampler2D u_relief_1;
uniform sampler2D u_relief_2;
uniform sampler2D u_relief_3;
uniform vec4 u_slab;
uniform vec4 u_tile;     // left, top, width, height in pixels
uniform vec2 u_size;     // of the whole map, in pixels
uniform float u_height;  // mm from the lowest to the highest
out vec4 f_colour;

void main() {
    vec2 uv = (gl_FragCoord.xy + u_tile.xy) / u_size;
    vec2 mm = (uv - 0.5) * vec2(2.0, -2.0) * u_slab.xy;
    float footprint = 2.0 * u_slab.x / u_size.x;
    vec4 masks = texture(u_masks, uv);
    float bare = 1.0, height = 0.0;
    vec2 slope = vec2(0.0), along = vec2(1.0, 0.0);
    float grating = 0.0;
    Micro m;
    vec4 relief;
    float mask;
#define SHEET(i, PATTERN, PARTS, relief_map) \
    m = foil_micro(i, PARTS, PATTERN(foil_pattern(i), mm, footprint), mm, footprint); \
    mask = masks[i] * min(u_sheets[8 * i + 1].w, 1.0); \
    relief = ((PARTS) & PICTURE) != 0 ? texture(relief_map, uv) : vec4(0.0); \
    if (((PARTS) & RELIEF) != 0) { \
        slope += m.slope * u_sheets[8 * i + 6].x * mask; \
        height += m.height * u_sheets[8 * i + 6].x * mask; \
    } \
    if (((PARTS) & PICTURE) != 0) { \
        slope += (relief.xy * 255.0 - 128.0) * u_sheets[8 * i + 6].z * mask; \
        height += relief.z * u_sheets[8 * i + 6].x * (((PARTS) & VARNISH) != 0 ? 1.0 : mask); \
    } \
    if (((PARTS) & FLAKES) != 0) slope += m.tilt * u_sheets[8 * i + 5].y * m.flake * mask; \
    if (((PARTS) & (METAL | FLAKES | GRATING)) != 0) bare *= 1.0 - mask * m.metal; \
    if (((PARTS) & GRATING) != 0 && mask * m.metal * m.grating > 0.0) { \
        along = mask * m.metal * m.grating > 0.5 * grating ? m.along : along; \
        grating = mix(grating, m.grating, mask * m.metal); \
    }
    SHEET(0, PATTERN_0, PARTS_0, u_relief_0)
#if SHEETS > 1
    SHEET(1, PATTERN_1, PARTS_1, u_relief_1)
#endif
#if SHEETS > 2
    SHEET(2, PATTERN_2, PARTS_2, u_relief_2)
#endif
#if SHEETS > 3
    SHEET(3, PATTERN_3, PARTS_3, u_relief_3)
#endif
#ifdef LENS
    slope += ridges(u_sheets[8 * LENS + 2].a, (LENSED & UPRIGHT) != 0, mm, footprint) * masks[LENS];
#endif
#if KIND == 0
    f_colour = vec4(vec3(1.0 - bare), 1.0);
#elif KIND == 1
    f_colour = vec4((normalize(vec3(-slope, 1.0)) * 127.0 + 128.0) / 255.0, 1.0);
#elif KIND == 2
    f_colour = vec4(vec3(u_height > 0.0 ? height / u_height : 0.0), 1.0);
#else
    // A groove has no front: of both directions across it the one to the right is meant.
    along *= along.x < 0.0 ? -1.0 : 1.0;
    f_colour = vec4((along * 127.0 + 128.0) / 255.0, grating, 1.0);
#endif
}
