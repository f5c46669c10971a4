uniform sampler2D u_source;
uniform vec4 u_fill;
out vec4 f_colour;
void main() {
    gl_FragDepth = texelFetch(u_source, ivec2(gl_FragCoord.xy), 0).r;
    f_colour = u_fill;
}
