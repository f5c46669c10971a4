// One premultiplied colour over another (W3C Compositing and Blending Level 1, 10), in code values.

vec3 mixed(vec3 b, vec3 s, uint mode) {
    switch (mode) {
    case 1u: return b * s;
    case 2u: return b + s - b * s;
    case 3u: return mix(2.0 * b * s, 1.0 - 2.0 * (1.0 - b) * (1.0 - s), greaterThan(b, vec3(0.5)));
    case 4u: return min(b + s, vec3(1.0));
    default: return s;
    }
}

// A straight colour `s` of coverage `a` over the premultiplied `b`.
vec4 over(vec4 b, vec3 s, float a, uint mode) {
    if (mode == 0u) return vec4(s * a + (1.0 - a) * b.rgb, a + (1.0 - a) * b.a);
    vec3 backdrop = b.a > 0.0 ? b.rgb / b.a : vec3(0.0);
    vec3 both = mixed(backdrop, s, mode);
    return vec4(a * (1.0 - b.a) * s + a * b.a * both + (1.0 - a) * b.rgb, a + (1.0 - a) * b.a);
}
