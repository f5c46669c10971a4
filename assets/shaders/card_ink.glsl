// What is printed: planes over one another, in sRGB code values with premultiplied alpha, some of them behind the face.
uniform sampler2D u_plane_0;
uniform sampler2D u_plane_1;
uniform sampler2D u_plane_2;
uniform sampler2D u_plane_3;
uniform sampler2D u_plane_4;
uniform sampler2D u_plane_5;
uniform sampler2D u_plane_6;
uniform sampler2D u_plane_7;
uniform float u_depths[PLANES];
#ifdef FRAMES
uniform sampler2DArray u_frames;
#endif

vec2 in_picture(vec2 mm) { return vec2(0.5 + 0.5 * mm.x / u_slab.x, 0.5 - 0.5 * mm.y / u_slab.y); }

// The print of one plane. The last one, which has the texts, is read TAPS times over the pixel from its sharper level:
// crisp, and even when the card is seen at a slant.
vec4 printed(sampler2D plane, const int number, Hit hit) {
    vec2 at = hit.at;
    float depth = u_depths[number];
    // A ray that enters a card of index 1.5 goes on more steeply.
    at += hit.ray.xy * (depth * inversesqrt(2.25 - dot(hit.ray.xy, hit.ray.xy)));
    vec2 uv = in_picture(at);
    if (number < PLANES - 1) {
        uv = 1.0 - abs(1.0 - abs(uv));  // beyond the card's edge the picture turns back
        return texture(plane, uv, SAMPLES > 1 ? -1.0 : -0.5);
    }
#if TAPS == 1
    return texture(plane, uv, SAMPLES > 1 ? -1.0 : -0.3);
#else
    vec2 a = hit.pixel * vec2(0.125, 0.375) * vec2(0.5, -0.5) / u_slab.xy;
    vec2 b = hit.pixel * vec2(0.375, -0.125) * vec2(0.5, -0.5) / u_slab.xy;
    return 0.25 * (texture(plane, uv + a, -1.0) + texture(plane, uv - a, -1.0)
                   + texture(plane, uv + b, -1.0) + texture(plane, uv - b, -1.0));
#endif
}
