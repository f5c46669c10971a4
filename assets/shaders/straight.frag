// Premultiplied to straight alpha.
uniform sampler2D u_source;
out vec4 f_colour;
void main() {
    vec4 c = texelFetch(u_source, ivec2(gl_FragCoord.xy), 0);
    f_colour = c.a > 0.0 ? vec4(c.rgb / c.a, c.a) : vec4(0.0);
}
