// Chance for the foils' patterns. Integers only (PCG in three dimensions: Jarzynski and Olano, "Hash Functions for
// GPU Rendering", JCGT 2020), so that a cell is the same on every device, at every zoom and at every tilt.

const float FOIL_TURN = 6.283185307;

uvec3 foil_pcg(uvec3 v) {
    v = v * 1664525u + 1013904223u;
    v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
    v ^= v >> 16u;
    v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
    return v;
}

uint foil_salt(Pattern p, uint layer) { return floatBitsToUint(p.seed) * 747796405u + layer * 2891336453u; }

// Three even chances in 0..1 of a cell.
vec3 foil_chance(ivec2 cell, uint salt) { return vec3(foil_pcg(uvec3(uvec2(cell), salt)) >> 8u) / 16777216.0; }

// Two independent standard normals from two even chances (Box and Muller 1958), cut at 3.3.
vec2 foil_normal(vec2 even) {
    float angle = FOIL_TURN * even.y;
    return sqrt(-2.0 * log(max(even.x, 0.004))) * vec2(cos(angle), sin(angle));
}

vec2 foil_unit(float angle) { return vec2(cos(angle), sin(angle)); }
vec2 foil_turned(vec2 v, float angle) { vec2 u = foil_unit(angle); return vec2(u.x * v.x - u.y * v.y, u.y * v.x + u.x * v.y); }

// How much of a detail of ``size`` mm shows in pixels of ``footprint`` mm: all from three pixels on, none below one.
float foil_seen(float size, float footprint) { return 1.0 - smoothstep(0.33, 1.0, footprint / size); }

// Coverage of what lies inside a signed distance (mm, negative inside).
float foil_cover(float distance, float footprint) { return clamp(0.5 - distance / max(footprint, 1e-4), 0.0, 1.0); }

// Value noise in 0..1 with its gradient (yz), quintic so that the second derivative has no seams (Perlin 2002).
vec3 foil_noise(vec2 at, uint salt) {
    vec2 whole = floor(at), f = at - whole;
    ivec2 cell = ivec2(whole);
    float a = foil_chance(cell, salt).x, b = foil_chance(cell + ivec2(1, 0), salt).x;
    float c = foil_chance(cell + ivec2(0, 1), salt).x, d = foil_chance(cell + ivec2(1, 1), salt).x;
    vec2 u = f * f * f * (f * (f * 6.0 - 15.0) + 10.0), du = 30.0 * f * f * (f * (f - 2.0) + 1.0);
    float k = a - b - c + d;
    return vec3(a + (b - a) * u.x + (c - a) * u.y + k * u.x * u.y, du * (vec2(b - a, c - a) + k * u.yx));
}
