// How far a layer is, where it is; the farthest of several is kept.
uniform sampler2D u_layer;
uniform sampler2D u_depth;
out float f_depth;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    if (texelFetch(u_layer, p, 0).a == 0.0) discard;
    f_depth = texelFetch(u_depth, p, 0).r;
}
