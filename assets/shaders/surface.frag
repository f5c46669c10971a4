// Metallic-roughness PBR (glTF 2.0, appendix B) with its ratified extensions, under the studio, written
// premultiplied in the picture's sRGB. Every feature is a definition; what a material lacks costs nothing.
#include "colour.glsl"
#include "light.glsl"
#ifdef CLEAR_PART
#include "fragments.glsl"
layout(early_fragment_tests) in;
#endif

uniform vec4 u_eye;         // eye and 1, or the way back to an orthographic camera and 0
uniform vec4 u_base;        // linear RGBA
uniform vec4 u_factors;     // metallic, roughness, normal scale, occlusion strength
uniform vec4 u_emissive;    // linear RGB; w: alpha cutoff
#ifdef BASE_MAP
uniform sampler2D u_base_map;
#endif
#ifdef ROUGH_MAP
uniform sampler2D u_rough_map;
#endif
#ifdef NORMAL_MAP
uniform sampler2D u_normal_map;
#endif
#ifdef OCCLUSION_MAP
uniform sampler2D u_occlusion_map;
#endif
#ifdef EMISSIVE_MAP
uniform sampler2D u_emissive_map;
#endif

in vec3 v_world;
in vec4 v_normal;
#if UVS > 0
in vec2 v_uv[UVS];
#endif
#ifdef COLOURS
in vec4 v_colour;
#endif
#ifdef TANGENTS
in vec4 v_tangent;
#endif
out vec4 f_colour;

// Mirrored wrap, which the sampler objects of the host do not offer; bit 0 for u, bit 1 for v.
vec2 wrapped(vec2 uv, int mirrored) {
    if ((mirrored & 1) != 0) uv.x = abs(mod(uv.x - 1.0, 2.0) - 1.0);
    if ((mirrored & 2) != 0) uv.y = abs(mod(uv.y - 1.0, 2.0) - 1.0);
    return uv;
}
#define READ(map, slot, mirrored) texture(map, wrapped(v_uv[slot], mirrored))

// Tangent, bitangent and normal as columns.
mat3 frame(vec3 n, vec2 uv) {
#ifdef TANGENTS
    vec3 t = normalize(v_tangent.xyz);
    vec3 b = cross(n, t) * v_tangent.w;
#ifdef DOUBLE_SIDED
    b = gl_FrontFacing ? b : -b;
#endif
    return mat3(t, b, n);
#else
    // Cotangent frame from screen derivatives (Schueler 2013): right for mirrored and transformed coordinates.
    vec3 dx = dFdx(v_world), dy = dFdy(v_world);
    vec2 ux = dFdx(uv), uy = dFdy(uv);
    vec3 px = cross(dy, n), py = cross(n, dx);
    vec3 t = px * ux.x + py * uy.x;
    vec3 b = -(px * ux.y + py * uy.y);  // glTF's v runs down the picture, its bitangent up
    float longest = max(dot(t, t), dot(b, b));
    float scale = longest > 0.0 ? inversesqrt(longest) : 0.0;
#ifdef DOUBLE_SIDED
    scale = gl_FrontFacing ? scale : -scale;
#endif
    return mat3(t * scale, b * scale, n);
#endif
}

vec3 bent(mat3 around, vec3 texel, float scale) {
    vec3 m = texel * 2.0 - 1.0;
    return normalize(around * vec3(m.xy * scale, max(m.z, 0.05)));
}

// Directional albedo of GGX with height-correlated shadowing (Heitz 2014) as factors of F0 and F90, fitted to the
// integral over roughness and angle: within 0.015 and 0.01 in the mean.
vec2 split_sum(float r, float nv) {
    vec3 c = vec3(1.028, -3.021, 1.9459) + nv * vec3(1.0517, -5.7916, 4.5187) + sqrt(nv) * vec3(-2.4265, 9.9437, -6.5215);
    float total = clamp(1.0 - r * (c.x + r * (c.y + r * c.z)), 0.0, 1.0);
    float middle = -8.4616 + r * (32.0873 - 33.2265 * r) + nv * r * (71.5582 * r - 65.1747);
    float edge = exp2(nv * middle + r * (-1.036 + r * (10.6844 * r - 13.666)));
    return vec2(max(total - edge, 0.0), edge);
}

// A reflection that looks into the body, or at a key that something hides, is dimmed.
float gloss_share(vec3 r, float roughness, float nv, float occlusion, float visible) {
    float hidden = clamp(pow(nv + occlusion, exp2(-16.0 * roughness - 1.0)) - 1.0 + occlusion, 0.0, 1.0);
    return hidden * (1.0 - 0.7 * (1.0 - visible) * clamp(dot(r, key_direction.xyz) * 1.5, 0.0, 1.0));
}

#ifdef SHEEN
#include "sheen.glsl"
#endif
#ifdef REFLECTION
#include "reflection.glsl"
#endif
#ifdef COAT
#include "coat.glsl"
#endif
#ifdef ANISOTROPY
#include "anisotropy.glsl"
#endif
#ifdef FILM
#include "film.glsl"
#endif
#ifdef TRANSMISSION
#include "passage.glsl"
#endif
#ifdef TRANSLUCENCY
#include "translucency.glsl"
#endif

void main() {
    vec4 base = u_base;
#ifdef BASE_MAP
    base *= READ(u_base_map, BASE_MAP, BASE_MIRROR);
#endif
#ifdef COLOURS
    base *= v_colour;
#endif
#ifdef MASK
    if (base.a < u_emissive.w) discard;
    base.a = 1.0;
#endif
#ifdef SOLID_PART
    // The part of a blended surface that hides everything behind it, drawn first with depth.
    if (base.a < 0.985) discard;
#endif
#ifdef CLEAR_PART
    if (base.a >= 0.985 || base.a < 0.004) discard;
#endif
#if !defined(MASK) && !defined(CLEAR_PART)
    base.a = 1.0;
#endif

#ifdef UNLIT
    f_colour = vec4(srgb_encode(base.rgb), 1.0) * base.a;
#else
    vec3 n = normalize(v_normal.xyz);
#ifdef DOUBLE_SIDED
    n = gl_FrontFacing ? n : -n;
#endif
    vec3 smooth_n = n;
#ifdef NORMAL_MAP
    n = bent(frame(smooth_n, v_uv[NORMAL_MAP]), READ(u_normal_map, NORMAL_MAP, NORMAL_MIRROR).xyz, u_factors.z);
#endif
    vec3 v = normalize(u_eye.xyz - v_world * u_eye.w);
    float nv = clamp(dot(n, v), 0.02, 1.0);

    float metallic = u_factors.x;
    float roughness = u_factors.y;
#ifdef ROUGH_MAP
    vec2 rm = READ(u_rough_map, ROUGH_MAP, ROUGH_MIRROR).gb;
    metallic *= rm.y;
    roughness *= rm.x;
#endif
    roughness = clamp(roughness, 0.04, 1.0);
    float occlusion = v_normal.w;
#ifdef OCCLUSION_MAP
    occlusion *= 1.0 + u_factors.w * (READ(u_occlusion_map, OCCLUSION_MAP, OCCLUSION_MIRROR).r - 1.0);
#endif

    float visible = key_direction.w > 0.0 ? key_visible(v_world, smooth_n) : 1.0;
    float key = max(dot(n, key_direction.xyz), 0.0) * visible;
    vec3 matt = matt_light(n) * occlusion + key_irradiance.rgb * key;

    vec3 f0 = vec3(0.04);
    float f90 = 1.0;
#ifdef REFLECTION
    vec4 dielectric = reflection();
    f0 = dielectric.rgb;
    f90 = mix(dielectric.a, 1.0, metallic);
#endif
    f0 = mix(f0, base.rgb, metallic);
    vec3 albedo = base.rgb * (1.0 - metallic);

#ifdef FILM
    f0 = filmed(f0, nv);
#endif

    // The studio's map holds the key too, so gloss needs no lobe of its own for it.
    vec3 r = reflect(-v, n);
#ifdef ANISOTROPY
    vec4 along = grain(n);
    float across = roughness * roughness, stretched = mix(across, 1.0, along.w * along.w);
    vec3 gloss = grained_gloss(n, v, along.xyz, across, stretched);
    roughness = sqrt(0.5 * (across + stretched));
#else
    vec3 gloss = gloss_light(r, roughness);
#endif
    gloss *= gloss_share(r, roughness, nv, occlusion, visible);
    vec2 dfg = split_sum(roughness, nv);

    // What one bounce loses between the facets comes back after several (Fdez-Aguera 2019).
    vec3 single = f0 * dfg.x + f90 * dfg.y;
    float lost = 1.0 - (dfg.x + dfg.y);
    vec3 average = f0 + (f90 - f0) * (1.0 / 21.0);
    vec3 multiple = lost * single * average / (1.0 - average * lost);
    vec3 passed = 1.0 - single - multiple;
#if defined(REFLECTION) || defined(FILM)
    // A coloured reflection must not tint what is under it with the opposite colour.
    passed = vec3(min(passed.r, min(passed.g, passed.b)));
#endif
    albedo *= passed;
    vec3 colour = single * gloss + multiple * matt;
#ifdef TRANSMISSION
    Passage way = passage(n, v, roughness);
    vec3 through = albedo * way.open * way.tint;
    albedo *= 1.0 - way.open;
    passed *= 1.0 - way.open;
#ifndef BEHIND
    colour += through * way.before_black;
#endif
#endif
#ifdef TRANSLUCENCY
    vec4 glowing = translucency();
    float body = (1.0 - metallic) * max(passed.r, max(passed.g, passed.b));
    colour += glowing.rgb * (body * glowing.a) * matt_behind(n, smooth_n, occlusion);
    albedo *= 1.0 - glowing.a;
#endif
    colour += albedo * matt;

    vec3 glow = u_emissive.rgb;
#ifdef EMISSIVE_MAP
    glow *= READ(u_emissive_map, EMISSIVE_MAP, EMISSIVE_MIRROR).rgb;
#endif
#ifdef SHEEN
    vec4 fuzz = sheen(nv);
    colour = colour * (1.0 - fuzz.a) + fuzz.rgb * matt;
#ifdef TRANSMISSION
    through *= 1.0 - fuzz.a;
#endif
#endif
#ifdef COAT
    vec4 varnish = coat(smooth_n, v, occlusion, visible);
    colour = colour * (1.0 - varnish.a) + varnish.rgb;
    glow *= 1.0 - varnish.a;
#ifdef TRANSMISSION
    through *= 1.0 - varnish.a;
#endif
#endif
    vec3 shown = tone_map((colour + glow) * environment.z);
#if defined(TRANSMISSION) && defined(BEHIND)
    // Seen over black and over white the surface has these two colours; one alpha and one premultiplied colour
    // give the second exactly, and the first but for the body's tint.
    vec3 on_black = srgb_encode(shown + through * way.before_black);
    vec3 on_white = srgb_encode(shown + through * way.before_white);
    vec3 open_share = on_white - on_black;
    float clear = min(open_share.r, min(open_share.g, open_share.b));
    f_colour = vec4(on_white - clear, 1.0 - clear) * base.a;
#else
    f_colour = vec4(srgb_encode(shown), 1.0) * base.a;
#endif
#endif
#ifdef CLEAR_PART
    collect(f_colour);
#endif
}
