// How much light each place of the ground loses, in the ground's own map: wide taps for what is high above it.
#include "light.glsl"
uniform vec4 u_area;    // world x, z of the map's corner; its size
uniform float u_level;  // world y of the ground
uniform vec2 u_spread;  // shadow map units of penumbra for a caster one unit of depth away; least penumbra
in vec2 v_uv;
out vec4 f_dark;
void main() {
    vec3 world = vec3(u_area.x + v_uv.x * u_area.z, u_level, u_area.y + v_uv.y * u_area.w);
    vec4 s = to_shadow * vec4(world, 1.0);
    float above = 0.0, found = 0.0;
    for (int i = 0; i < 16; ++i) {
        float a = float(i) * 2.3999632, q = sqrt((float(i) + 0.5) / 16.0) * u_spread.x * 0.35;
        vec2 place = s.xy + vec2(cos(a), sin(a)) * q;
        float m = textureLod(u_shadow, place, 0.0).r;
#ifdef VEILED
        vec4 veil = textureLod(u_veil, place, 0.0);
        m = min(m, 1.0 - veil.r / max(veil.b, 1e-6));
#endif
        float hit = m < s.z - 0.002 ? 1.0 : 0.0;
        above += (s.z - m) * hit;
        found += hit;
    }
    float width = u_spread.y + (found > 0.0 ? above / found : 0.0) * u_spread.x;
    float lit = 0.0;
    int taps = found > 0.0 ? 32 : 4;  // most of the ground is in no shadow at all
    for (int i = 0; i < taps; ++i) {
        float a = float(i) * 2.3999632, q = sqrt((float(i) + 0.5) / float(taps)) * width;
        vec3 place = vec3(s.xy + vec2(cos(a), sin(a)) * q, s.z - 0.002);
        float share = lit_share(textureLod(u_shadow, place.xy, 0.0).rg, place.z);
#ifdef VEILED
        share *= veil_share(place);
#endif
        lit += share;
    }
    f_dark = vec4(1.0 - lit / float(taps));
}
