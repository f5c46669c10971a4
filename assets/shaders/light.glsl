// The studio: second-order spherical harmonics for matt light, a stack of prefiltered maps for gloss, one key
// light with a filtered shadow map. The block is shared by every surface of a frame.

layout(std140) uniform Light {
    vec4 sh[9];          // radiance of a white matt surface, as polynomial coefficients of the normal
    vec4 key_direction;  // towards the key; w: 1 when the shadow map holds something
    vec4 key_irradiance; // over pi; w: metres that a receiver is lifted off its own shadow
    mat4 to_shadow;      // world metres to 0..1 in the shadow map, z = depth 0..1
    vec4 environment;    // cos, sin of the studio's turn; exposure; half texel of the octahedral map
};

uniform sampler3D u_specular;
uniform sampler2D u_shadow;

vec3 matt_light(vec3 n) {
    vec3 e = sh[0].rgb + sh[1].rgb * n.y + sh[2].rgb * n.z + sh[3].rgb * n.x
           + sh[4].rgb * (n.x * n.y) + sh[5].rgb * (n.y * n.z) + sh[6].rgb * (3.0 * n.z * n.z - 1.0)
           + sh[7].rgb * (n.x * n.z) + sh[8].rgb * (n.x * n.x - n.y * n.y);
    return max(e, vec3(0.0));
}

// Octahedral address (Cigolle et al. 2014) of a direction in the studio's own frame.
vec2 octahedral(vec3 d) {
    d = vec3(environment.x * d.x - environment.y * d.z, d.y, environment.y * d.x + environment.x * d.z);
    d /= abs(d.x) + abs(d.y) + abs(d.z);
    vec2 folded = (1.0 - abs(d.zx)) * mix(vec2(-1.0), vec2(1.0), greaterThanEqual(d.xz, vec2(0.0)));
    vec2 o = d.y >= 0.0 ? d.xz : folded;
    return o * (0.5 - environment.w) + 0.5;
}

vec3 gloss_light(vec3 r, float roughness) {
    // Slices are spaced evenly in roughness; the address of a slice is its texel centre.
    return texture(u_specular, vec3(octahedral(r), roughness * (7.0 / 8.0) + 0.5 / 8.0)).rgb;
}

// Chebyshev's bound on the lit share (Donnelly and Lauritzen 2006), with the light's bleeding cut off.
float lit_share(vec2 moments, float depth) {
    float variance = max(moments.y - moments.x * moments.x, 2e-6);
    float behind = depth - moments.x;
    float share = variance / (variance + behind * behind);
    share = clamp((share - 0.25) / 0.75, 0.0, 1.0);
    return behind <= 0.0 ? 1.0 : share;
}

#ifdef VEILED
uniform sampler2D u_veil;  // see veil.frag

// The share of the key that see-through surfaces let through to a place in the shadow map.
float veil_share(vec3 s) {
    vec4 veil = textureLod(u_veil, s.xy, 0.0);
    if (veil.b <= 0.0) return 1.0;
    // The depth is that of the surface alone: where it ends is told by the alpha, which is as soft.
    vec2 before = veil.rg / veil.b;
    return mix(veil.a, 1.0, lit_share(vec2(1.0 - before.x, 1.0 - 2.0 * before.x + before.y), s.z));
}
#endif

float key_visible(vec3 world, vec3 n) {
    // Where the key only grazes, flat triangles would shade the curve that they stand for: lift it further.
    float away = 1.0 - clamp(dot(n, key_direction.xyz), 0.0, 1.0);
    vec4 s = to_shadow * vec4(world + n * (key_irradiance.w * (1.0 + 5.0 * away * away)), 1.0);
    float lit = lit_share(texture(u_shadow, s.xy).rg, s.z);
#ifdef VEILED
    lit *= veil_share(s.xyz);
#endif
    return lit;
}
