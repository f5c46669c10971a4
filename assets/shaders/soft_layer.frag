// A blurred layer at the samples of the picture.
uniform sampler2D u_soft;
uniform sampler2D u_near;
uniform vec4 u_place;  // sample to texel of the map: factors, summands
out vec4 f_colour;
void main() {
    vec2 at = gl_FragCoord.xy * u_place.xy + u_place.zw;
    f_colour = texture(u_soft, at / vec2(textureSize(u_soft, 0)));
    gl_FragDepth = texelFetch(u_near, ivec2(floor(at)), 0).r;
}
