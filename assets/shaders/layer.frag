// A whole layer over what is behind it (W3C Compositing and Blending Level 1, 10), premultiplied code values.
uniform sampler2D u_layer;
uniform sampler2D u_behind;
uniform float u_opacity;
out vec4 f_colour;

vec3 blend(vec3 b, vec3 s) {
#if BLEND == 1
    return b * s;
#elif BLEND == 2
    return b + s - b * s;
#elif BLEND == 3
    return mix(2.0 * b * s, 1.0 - 2.0 * (1.0 - b) * (1.0 - s), greaterThan(b, vec3(0.5)));
#elif BLEND == 4
    return min(b + s, vec3(1.0));
#else
    return s;
#endif
}

void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec4 s = texelFetch(u_layer, p, 0);
    vec4 b = texelFetch(u_behind, p, 0);
    if (s.a == 0.0) { f_colour = b; return; }
    vec3 source = s.rgb / s.a;
    vec3 backdrop = b.a > 0.0 ? b.rgb / b.a : vec3(0.0);
    float a = s.a * u_opacity;
    f_colour.rgb = a * (1.0 - b.a) * source + a * b.a * blend(backdrop, source) + (1.0 - a) * b.rgb;
    f_colour.a = a + b.a * (1.0 - a);
}
