// Light that comes through the body (KHR_materials_transmission, _volume, _dispersion).
//
// With BEHIND the renderer gives what it has drawn so far, and the surface is written over it; without, the
// studio is seen through the body.
uniform vec4 u_transmission;  // share, index of refraction, thickness in the mesh's metres, dispersion
uniform mat4 u_model;         // model to world
#ifdef TRANSMISSION_MAP
uniform sampler2D u_transmission_map;
#endif
#ifdef VOLUME
uniform vec4 u_attenuation;   // linear RGB after one distance; w: 1 / distance in metres
#ifdef THICKNESS_MAP
uniform sampler2D u_thickness_map;
#endif
#endif
#ifdef BEHIND
uniform sampler2D u_behind;   // premultiplied code values, with smaller levels
uniform mat4 u_behind_clip;   // world to the clip space of that picture
uniform vec2 u_behind_part;   // share of the texture that the picture fills, from its lower left
#endif

// ``before_black`` and ``before_white`` are the light, in display-linear values with BEHIND and in the studio's
// radiance without, if black or white lay behind all that is drawn. ``open`` is the share of the surface that lets light in, and
// ``tint`` what the body then leaves of it.
struct Passage {
    float open;
    vec3 tint;
    vec3 before_black;
    vec3 before_white;
};

// The way of light through the body along a view ray, in world metres; zero for thin walls.
vec3 way_through(vec3 n, vec3 v, float index, float thickness) {
    return refract(-v, n, 1.0 / max(index, 1.0)) * thickness;
}

#ifdef BEHIND
// A cubic B-spline over one level, in four linear fetches (Sigg and Hadwiger 2005): texels of a level as large as a
// scattered picture asks for would show as squares otherwise.
vec4 cubic(vec2 uv, float level) {
    vec2 size = vec2(textureSize(u_behind, int(level)));
    vec2 p = uv * size - 0.5, f = fract(p), e = 1.0 - f;
    p -= f;
    vec2 w0 = e * e * e / 6.0, w3 = f * f * f / 6.0;
    vec2 w1 = 2.0 / 3.0 - 0.5 * f * f * (2.0 - f);
    vec2 low = w0 + w1, high = 1.0 - low;
    vec2 a = (p - 0.5 + w1 / low) / size, b = (p + 1.5 + w3 / high) / size;
    return low.y * (low.x * textureLod(u_behind, a, level) + high.x * textureLod(u_behind, vec2(b.x, a.y), level))
        + high.y * (low.x * textureLod(u_behind, vec2(a.x, b.y), level) + high.x * textureLod(u_behind, b, level));
}

vec4 behind(vec3 place, float level) {
    vec4 clip = u_behind_clip * vec4(place, 1.0);
    vec2 uv = clamp(clip.xy / clip.w * 0.5 + 0.5, 0.0, 1.0);
    // Half a texel of the level in use stays clear of what lies beside the picture.
    vec2 margin = 0.5 * exp2(ceil(level)) / vec2(textureSize(u_behind, 0));
    uv = clamp(uv * u_behind_part, min(margin, u_behind_part * 0.5), max(u_behind_part - margin, u_behind_part * 0.5));
    vec4 sharp = textureLod(u_behind, uv, level);
    if (level <= 0.0) return sharp;
    float whole = min(floor(level), float(textureQueryLevels(u_behind) - 2));
    return mix(sharp, mix(cubic(uv, whole), cubic(uv, whole + 1.0), level - whole), min(level, 1.0));
}
#endif

Passage passage(vec3 n, vec3 v, float roughness) {
    Passage p;
    float index = u_transmission.y;
    p.open = u_transmission.x;
    p.tint = vec3(1.0);
#ifdef TRANSMISSION_MAP
    p.open *= READ(u_transmission_map, TRANSMISSION_MAP, TRANSMISSION_MIRROR).r;
#endif
    // A body of the index of air scatters nothing, however rough.
    float scatter = roughness * clamp(2.0 * index - 2.0, 0.0, 1.0);
    vec3 way = vec3(0.0);
#ifdef VOLUME
    float thickness = u_transmission.z * (length(u_model[0].xyz) + length(u_model[1].xyz) + length(u_model[2].xyz)) / 3.0;
#ifdef THICKNESS_MAP
    thickness *= READ(u_thickness_map, THICKNESS_MAP, THICKNESS_MIRROR).g;
#endif
    way = way_through(n, v, index, thickness);
    // Beer's law.
    p.tint = pow(max(u_attenuation.rgb, vec3(1e-6)), vec3(length(way) * u_attenuation.w));
#endif
#ifdef DISPERSION
    // Red bends least, blue most; the spread over the visible light is that of the Abbe number 20 / dispersion.
    float half_spread = (index - 1.0) * 0.025 * u_transmission.w;
    vec3 red_way = way_through(n, v, index - half_spread, thickness);
    vec3 blue_way = way_through(n, v, index + half_spread, thickness);
#endif
#ifdef BEHIND
    // Slopes spread by the square of the roughness; a fully rough body blurs over a third of the picture's height,
    // whatever its size in pixels.
    float rows = float(textureSize(u_behind, 0).y) * u_behind_part.y;
    float level = log2(max(rows * scatter * scatter / 3.0, 1.0));
    vec4 seen = behind(v_world + way, level);
    vec3 cover = vec3(seen.a);
#ifdef DISPERSION
    vec4 red = behind(v_world + red_way, level), blue = behind(v_world + blue_way, level);
    seen.rb = vec2(red.r, blue.b);
    cover = vec3(red.a, seen.a, blue.a);
#endif
    p.before_black = srgb_decode(seen.rgb);
    p.before_white = srgb_decode(seen.rgb + 1.0 - cover);
#else
    vec3 seen = gloss_light(dot(way, way) > 0.0 ? normalize(way) : -v, scatter);
#ifdef DISPERSION
    seen.r = gloss_light(normalize(red_way), scatter).r;
    seen.b = gloss_light(normalize(blue_way), scatter).b;
#endif
    p.before_black = p.before_white = seen;
#endif
    return p;
}
