// A card in its stand: the face that is seen, its foils, its edge.
#include "colour.glsl"
#include "card_slab.glsl"
#include "card_lamps.glsl"
#include "card_light.glsl"
#include "card_ink.glsl"
#if SHEETS > 0
#include "foil_types.glsl"
#include "foil_patterns.glsl"
#include "card_micro.glsl"
#include "card_foil.glsl"
uniform sampler2D u_masks;
uniform sampler2D u_table_0;
uniform sampler2D u_table_1;
uniform sampler2D u_table_2;
uniform sampler2D u_table_3;
uniform sampler2D u_film_0;
uniform sampler2D u_film_1;
uniform sampler2D u_film_2;
uniform sampler2D u_film_3;
uniform sampler2D u_relief_0;
uniform sampler2D u_relief_1;
uniform sampler2D u_relief_2;
uniform sampler2D u_relief_3;
#endif
uniform vec3 u_core;
uniform vec3 u_line;
out vec4 f_colour;

const float COAT_F0 = 0.04;
const float SCATTERED = 0.38;  // what ink over foil gives back by itself, of what it would on paper
const float LINE = 0.26;       // width of the core's line, of the board's
const float BEVEL = 0.16;      // mm in which the face rounds off to the edge

float fresnel(float f0, float cosine) { return f0 + (1.0 - f0) * exp2((-5.55473 * cosine - 6.98316) * cosine); }

// sRGB to light within 0.002: what is printed is no measure.
vec3 as_light(vec3 c) { return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878); }

#if SHEETS > 0 && defined(FRAMES)
// What lenses show: one frame for each angle that a lens is looked into from, and a short fade between two.
vec3 lensed(float pitch, float frames, Hit hit) {
    vec3 v = -hit.ray;
    float turn = atan((LENSED & UPRIGHT) != 0 ? v.x : v.y, v.z) * frames + 0.5 * float(FRAMES);
    float place = turn - float(FRAMES) * floor(turn / float(FRAMES));
    float first = floor(place), fade = smoothstep(0.84, 1.0, place - first);
    vec2 uv = in_picture(hit.at);
    vec3 a = texture(u_frames, vec3(uv, first), -0.3).rgb;
    vec3 b = texture(u_frames, vec3(uv, mod(first + 1.0, float(FRAMES))), -0.3).rgb;
    return mix(a, b, fade);
}
#endif

// The picture at a place in pixels: sRGB code values, premultiplied.
vec4 shaded(vec2 pixel) {
    Hit hit = slab(pixel);
    vec3 p = vec3(hit.at, u_slab.w), v = -hit.ray;
    vec2 uv = in_picture(hit.at);

    vec3 light = diffuse_light(hit.at / u_slab.xy), beside = wall_light(hit.outward);
#if SHEETS > 0
    vec4 masks = texture(u_masks, uv);
#endif
    vec3 ink = printed(u_plane_0, 0, hit).rgb;
#if SHEETS > 0 && defined(FRAMES)
    ink = mix(ink, lensed(u_sheets[8 * LENS + 2].a, u_sheets[8 * LENS + 6].w, hit), masks[LENS]);
#endif
    vec4 over;
#define LAY(plane, number) over = printed(plane, number, hit); ink = ink * (1.0 - over.a) + over.rgb;
#if PLANES > 1
    LAY(u_plane_1, 1)
#endif
#if PLANES > 2
    LAY(u_plane_2, 2)
#endif
#if PLANES > 3
    LAY(u_plane_3, 3)
#endif
#if PLANES > 4
    LAY(u_plane_4, 4)
#endif
#if PLANES > 5
    LAY(u_plane_5, 5)
#endif
#if PLANES > 6
    LAY(u_plane_6, 6)
#endif
#if PLANES > 7
    LAY(u_plane_7, 7)
#endif

    vec3 seen = as_light(ink) * light;
    vec2 slope = vec2(0.0);
    float raised = 0.0;
#if SHEETS > 0
    vec3 stain = ink * sqrt(ink);  // light that goes through the ink twice
    float footprint = sqrt(abs(determinant(hit.pixel)));
    float fine = log2(max(footprint * float(textureSize(u_masks, 0).x) / (2.0 * u_slab.x), 1.0));  // level of reliefs
    Reflected one;
    float cover, mask;
#define SHEET(i, PATTERN, PARTS, LOBE, table, film, relief_map) \
    one = foil(i, PARTS, LOBE, foil_micro(i, PARTS, PATTERN(foil_pattern(i), hit.at, footprint), hit.at, footprint), \
               p, v, light, table, film, ((PARTS) & PICTURE) != 0 ? textureLod(relief_map, uv, fine) : vec4(0.0)); \
    cover = mask * one.cover; \
    slope += one.slope * mask; \
    if (((PARTS) & VARNISH) != 0) raised = max(raised, mask); \
    else if (((PARTS) & (METAL | FLAKES | GRATING)) != 0) seen = mix(seen, one.light * stain + SCATTERED * seen, cover);
    // Where a sheet leaves much of the card free it is a loop that runs once or not at all: a CPU's rasteriser jumps
    // over loops but not over conditions.
#define HERE(i) mask = masks[i] * min(u_sheets[8 * i + 1].w, 1.0);
#define PATCH for (float todo = mask; todo > 0.0; todo = 0.0)
    HERE(0)
#ifdef PATCHY_0
    PATCH
#endif
    { SHEET(0, PATTERN_0, PARTS_0, LOBE_0, u_table_0, u_film_0, u_relief_0) }
#if SHEETS > 1
    HERE(1)
#ifdef PATCHY_1
    PATCH
#endif
    { SHEET(1, PATTERN_1, PARTS_1, LOBE_1, u_table_1, u_film_1, u_relief_1) }
#endif
#if SHEETS > 2
    HERE(2)
#ifdef PATCHY_2
    PATCH
#endif
    { SHEET(2, PATTERN_2, PARTS_2, LOBE_2, u_table_2, u_film_2, u_relief_2) }
#endif
#if SHEETS > 3
    HERE(3)
#ifdef PATCHY_3
    PATCH
#endif
    { SHEET(3, PATTERN_3, PARTS_3, LOBE_3, u_table_3, u_film_3, u_relief_3) }
#endif
#ifdef FRAMES
    slope += ridges(u_sheets[8 * LENS + 2].a, (LENSED & UPRIGHT) != 0, hit.at, footprint) * masks[LENS];
#endif
#endif

    float facing = max((v.z - dot(slope, v.xy)) * inversesqrt(1.0 + dot(slope, slope)), 0.0), share = fresnel(COAT_F0, facing);
    vec3 gloss = mirror(0, hit.at, slope);
#ifdef RAISED
    gloss = mix(gloss, mirror(1, hit.at, slope), raised);
#endif
    seen = seen * (1.0 - share) + gloss * share;
    // The board rounds off to its edge, so that a thin line of light runs along the sides that look to a lamp.
    float round_ = max(BEVEL, hit.wide);
    seen += beside * (0.5 * BEVEL / round_ * smoothstep(-round_, 0.0, hit.inside));

    // The share of a pixel and a half that the line in the core's middle takes. Both are mixed as the eye sees them, so
    // that a line of about a pixel is as dark between two pixels as on one.
    float grain = 1.5 * hit.grain;
    float low = max(hit.wall.z - 0.5 * grain, -LINE * u_slab.w), high = min(hit.wall.z + 0.5 * grain, LINE * u_slab.w);
    float line = clamp((high - low) / grain, 0.0, 1.0);
    vec3 side = mix(sqrt(min(u_core * beside, 0.8)), sqrt(min(u_line * beside, 0.8)), line);
    side *= side;
    seen = mix(side, seen, hit.face / max(hit.all, 1e-4));
    return vec4(srgb_encode(tone_map(seen)), 1.0) * hit.all;
}

void main() {
    vec2 pixel = gl_FragCoord.xy + u_tile.xy;
#if SAMPLES == 1
    f_colour = shaded(pixel);
#else
    f_colour = vec4(0.0);
    for (int i = 0; i < 4; ++i) {
        vec2 out_ = vec2(i < 2 ? 0.125 : 0.375, i < 2 ? 0.375 : -0.125);
        f_colour += 0.25 * shaded(pixel + ((i & 1) == 0 ? out_ : -out_));
    }
#endif
}
