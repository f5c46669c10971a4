// A card as a body: a rectangle with round corners, as thick as board. Axes of the face that is seen, millimetres.
uniform vec4 u_slab;  // half width, half height, corner radius, half thickness
uniform vec3 u_eye;
uniform mat3 u_ray;   // through the picture's corner; what a pixel right and a pixel down add
uniform vec4 u_tile;  // left, top, width, height in pixels

const float GRAZING = 300.0;  // rays are no flatter than one in this many

struct Hit {
    vec2 at;         // where the ray meets the face's plane
    vec3 ray;        // away from the eye, unit
    mat2 pixel;      // what a pixel to the right and one down add to ``at``
    float face;      // coverage of the face
    float inside;    // signed distance to the face's outline, below 0 inside
    float wide;      // of a pixel across that outline
    float all;       // coverage of the whole body
    vec3 wall;       // where the ray meets the wall: x, y, and height over the middle
    float grain;     // height of a pixel on the wall
    vec2 outward;    // the wall's normal there
};

float slab_distance(vec2 p) {
    vec2 q = abs(p) - u_slab.xy + u_slab.z;
    return length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - u_slab.z;
}

vec2 slab_outward(vec2 p) {
    vec2 q = abs(p) - u_slab.xy + u_slab.z, side = vec2(p.x < 0.0 ? -1.0 : 1.0, p.y < 0.0 ? -1.0 : 1.0);
    if (min(q.x, q.y) > 0.0) return normalize(q) * side;
    return q.x > q.y ? vec2(side.x, 0.0) : vec2(0.0, side.y);
}

Hit slab(vec2 pixel) {
    Hit hit;
    vec3 d = u_ray * vec3(1.0, pixel);
    // A ray that is too flat is bent where it passes the card's middle.
    float middle_way = length(u_eye) * inversesqrt(dot(d, d)), level = u_eye.z + d.z * middle_way;
    d.z = min(d.z, -length(d.xy) / GRAZING);
    float near = middle_way + (u_slab.w - level) / d.z, far = middle_way + (-u_slab.w - level) / d.z;
    hit.at = u_eye.xy + d.xy * near;
    hit.ray = normalize(d);
    vec2 lean = d.xy / d.z;
    hit.pixel = mat2(near * (u_ray[1].xy - lean * u_ray[1].z), near * (u_ray[2].xy - lean * u_ray[2].z));
    vec2 on = u_eye.xy + d.xy * far - hit.at;  // from the face's plane to the other one
    float first = slab_distance(hit.at);

    // The card's outline is convex: the ray comes nearest to it at an end, next to the middle or next to a corner.
    float run = max(dot(on, on), 1e-12);
    float best = first, share = 0.0;
    float middle = clamp(-dot(hit.at, on) / run, 0.0, 1.0);
    vec2 corner = sign(hit.at + on * middle) * (u_slab.xy - u_slab.z);
    vec3 tries = vec3(1.0, middle, clamp(dot(corner - hit.at, on) / run, 0.0, 1.0));
    for (int i = 0; i < 3; ++i) {
        float there = slab_distance(hit.at + on * tries[i]);
        share = there < best ? tries[i] : share;
        best = min(best, there);
    }
    float enter = share * clamp(first / max(first - best, 1e-6), 0.0, 1.0);
    hit.wall = vec3(hit.at + on * enter, u_slab.w * (1.0 - 2.0 * enter));
    hit.outward = slab_outward(hit.wall.xy);
    vec2 edge = slab_outward(hit.at);
    // Several samples make soft edges of harder ones.
    float wide = max(length(edge * hit.pixel), 1e-6), wide_wall = max(length(hit.outward * hit.pixel), 1e-6);
#if SAMPLES > 1
    wide *= 0.6;
    wide_wall *= 0.6;
#endif
    hit.grain = 2.0 * u_slab.w * clamp(wide_wall / max(abs(dot(on, hit.outward)), 1e-4), 1e-3, 1.0);
    hit.inside = first;
    hit.wide = wide;
    hit.face = clamp(0.5 - first / wide, 0.0, 1.0);
    hit.all = max(clamp(0.5 - best / wide_wall, 0.0, 1.0), hit.face);
    return hit;
}
