uniform sampler2D u_source;
uniform ivec4 u_map;  // source corner minus target corner; target height when rows turn over, else 0; scale
out vec4 f_colour;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) / u_map.w;  // whole pixels of the source
    if (u_map.z > 0) p.y = u_map.z - 1 - p.y;
    f_colour = texelFetch(u_source, p + u_map.xy, 0);
}
