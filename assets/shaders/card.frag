// A card in its stand: the face that is seen, its foils, its edge.
#include "colour.glsl"
#include "card_slab.glsl"
#include "card_lamps.glsl"
#if SHEETS > 0
#include "foil_types.glsl"
#include "foil_patterns.glsl"
#include "card_foil.glsl"
#endif

uniform sampler2D u_face;
uniform vec3 u_core;
uniform vec3 u_line;
uniform float u_coat;  // roughness of the clear coat
#if SHEETS > 0
uniform sampler2D u_masks;
uniform sampler2D u_tables[SHEETS];
#endif
out vec4 f_colour;

const float COAT_F0 = 0.04;

float fresnel(float f0, float cosine) { return f0 + (1.0 - f0) * exp2((-5.55473 * cosine - 6.98316) * cosine); }

vec2 place_in_picture(vec2 mm) { return vec2(0.5 + 0.5 * mm.x / u_slab.x, 0.5 - 0.5 * mm.y / u_slab.y); }

#if SHEETS > 0
vec3 sheet(int i, Micro m, vec3 p, vec3 v, Lit lit[LAMPS], sampler2D table) {
    vec4 metal = u_sheets[8 * i + 2], grating = u_sheets[8 * i + 3];
    vec2 slope = m.slope * u_sheets[8 * i + 6].x;
    vec3 n = normalize(vec3(-slope, 1.0)), r = reflect(-v, n);
    vec3 sum = surround(r);
    for (int k = 0; k < LAMPS; ++k) sum += mirrored(k, p, r, metal.a);
    sum *= metal.rgb;
    if (grating.y > 0.0)
        for (int k = 0; k < LAMPS; ++k) {
            vec3 both = lit[k].towards + v;
            vec2 bend = both.xy + slope * both.z;
            float lamp = max(lit[k].towards.z, 0.0);
            sum += diffracted(table, grating, u_sheets[8 * i + 6].y, m.along, bend, lit[k], lamp * m.grating);
        }
    return sum * m.shade * u_sheets[8 * i + 1].w;
}
#endif

vec3 face(Hit hit) {
    vec3 p = vec3(hit.at, u_slab.w), v = -hit.ray;
    vec3 ink = srgb_decode(texture(u_face, place_in_picture(hit.at)).rgb);
    Lit lit[LAMPS];
    vec3 light = surround(vec3(0.0, 0.0, 1.0));
    for (int i = 0; i < LAMPS; ++i) {
        lit[i] = lamp_at(i, p);
        light += lit[i].light * max(lit[i].towards.z, 0.0);
    }
    vec3 seen = ink * light;
#if SHEETS > 0
    vec4 masks = texture(u_masks, place_in_picture(hit.at));
    float footprint = sqrt(abs(determinant(hit.pixel)));
    vec3 stain = pow(ink, vec3(0.75));
    Micro m;
#define SHEET(i, PATTERN) \
    m = PATTERN(foil_pattern(i), hit.at, footprint); \
    seen = mix(seen, sheet(i, m, p, v, lit, u_tables[i]) * stain + 0.4 * seen, masks[i] * m.metal);
    SHEET(0, PATTERN_0)
#if SHEETS > 1
    SHEET(1, PATTERN_1)
#endif
#if SHEETS > 2
    SHEET(2, PATTERN_2)
#endif
#if SHEETS > 3
    SHEET(3, PATTERN_3)
#endif
#endif
    vec3 r = vec3(-v.xy, v.z);
    float share = fresnel(COAT_F0, max(v.z, 0.0));
    vec3 gloss = surround(r);
    for (int i = 0; i < LAMPS; ++i) gloss += mirrored(i, p, r, u_coat * u_coat);
    return seen * (1.0 - share) + gloss * share;
}

vec3 wall(Hit hit) {
    vec3 n = vec3(hit.outward, 0.0);
    float line = smoothstep(0.16, 0.08, abs(hit.wall.z) / (2.0 * u_slab.w));
    vec3 light = surround(n);
    for (int i = 0; i < LAMPS; ++i) {
        Lit lit = lamp_at(i, hit.wall);
        light += lit.light * max(dot(lit.towards, n), 0.0);
    }
    return mix(u_core, u_line, line) * light;
}

void main() {
    Hit hit = slab(gl_FragCoord.xy + u_tile.xy);
    vec3 front = srgb_encode(tone_map(face(hit))), side = srgb_encode(tone_map(wall(hit)));
    f_colour = vec4(front * hit.face + side * (hit.all - hit.face), hit.all);
}
