// Cosmos and galaxy: discs, dust and stars.

// Cosmos: discs of many sizes that overlap, small ones on top. Each is cut with rings, or with straight grooves of its
// own direction; some have a bright core. Between them fine dots lie on a dim ground.
Micro pattern_bubbles(Pattern p, vec2 mm, float footprint) {
    Micro m = foil_plain(p.angle);
    float slow = mix(0.5, foil_noise(mm / (1.8 * p.size), foil_salt(p, 20u)).x, foil_seen(1.8 * p.size, footprint));
    m.along = foil_unit(p.angle + FOIL_TURN * 0.5 * slow);
    m.grating = p.ground * min(0.5 + slow, 1.0);
    m.shade = 1.0 - 0.35 * p.contrast;
    m.film = 2.0 * slow - 1.0;
    m.height = 0.3;
    const float SCALES[9] = float[9](2.6, 1.7, 1.25, 0.9, 0.62, 0.42, 0.28, 0.19, 0.13);
    const float SHARES[9] = float[9](0.8, 0.7, 0.6, 0.5, 0.42, 0.3, 0.22, 0.2, 0.18);
    for (uint i = 0u; i < 9u; ++i) {
        float cellular = SCALES[i] * p.size;
        float show = foil_seen(0.5 * cellular, footprint);
        if (show <= 0.0) break;
        vec2 at = foil_turned(mm, 2.399963 * float(i) + 0.4) / cellular + 0.37 * float(i);
        vec2 cell = floor(at);
        uint salt = foil_salt(p, 21u + 3u * i);
        vec3 one = foil_chance(ivec2(cell), salt), two = foil_chance(ivec2(cell), salt + 1u), three = foil_chance(ivec2(cell), salt + 2u);
        float radius = 0.22 + 0.24 * mix(0.5, one.z, p.jitter);
        vec2 d = foil_turned(at - cell - 0.5 - (0.5 - radius) * (2.0 * one.xy - 1.0), -(2.399963 * float(i) + 0.4));
        float away = length(d);
        float there = step(three.z, SHARES[i] * p.fill) * show * foil_cover((away - radius) * cellular, footprint);
        if (there <= 0.0) continue;
        float ring = away / radius, rings = 2.0 + floor(4.0 * two.x);
        bool dot_ = i >= 6u, straight = two.y < 0.3;
        vec2 radial = away > 1e-5 ? d / away : vec2(1.0, 0.0);
        // Every other ring turns its grooves: a target of light and dark that rolls round as the card tilts.
        float odd = mod(floor(ring * rings), 2.0);
        float bend = dot_ ? 0.0 : (0.5 + 0.5 * two.z) * odd;
        vec2 along = straight || dot_ ? foil_unit(FOIL_TURN * 0.5 * two.z + 0.7 * odd) : foil_turned(radial, bend);
        m.along = there > 0.5 ? along : m.along;
        float width = max(0.09, footprint / (radius * cellular));
        float rim = clamp(1.0 - abs(ring - 1.0 + width) / width, 0.0, 1.0);
        float core = three.y < 0.4 ? 1.0 - smoothstep(0.1, 0.34, ring) : 0.0;
        float shade = 1.0 + p.contrast * (1.2 * (three.x - 0.5) + 0.5 * rim + 1.3 * core - 0.25 * odd);
        m.shade = mix(m.shade, max(shade, 0.1), there);
        m.grating = mix(m.grating, 1.0, there);
        m.film = mix(m.film, 2.0 * three.x - 1.0, there);
        m.height = mix(m.height, 0.5 + 0.5 * sqrt(max(1.0 - ring * ring, 0.0)), there);
        m.flake = max(m.flake, there * core);
        m.tilt = there > 0.5 ? 0.4 * foil_normal(two.xy) : m.tilt;
    }
    return m;
}

// Stars of one size: at most one in a cell. Gives how much of the place is star; its light is in ``m``.
void foil_stars(inout Micro m, Pattern p, vec2 mm, float size, float share, bool rayed, uint layer, float footprint) {
    float angle = 2.399963 * float(layer);
    vec2 at = foil_turned(mm, angle) / size, cell = floor(at);
    uint salt = foil_salt(p, layer);
    vec3 one = foil_chance(ivec2(cell), salt), two = foil_chance(ivec2(cell), salt + 1u);
    if (one.z > share) return;
    float reach = rayed ? 0.3 + 0.15 * two.x : 0.08 + 0.14 * two.x * two.x;
    vec2 d = at - cell - 0.5 - (0.5 - reach) * (2.0 * one.xy - 1.0);
    // Rays stand upright on the card, as a lens would draw them; a few stand askew.
    d = rayed ? abs(foil_turned(d, -angle + (two.y < 0.25 ? 0.785398 : 0.0))) : abs(d);
    float pixel = footprint / size;
    float star;
    if (rayed) {
        // An astroid; its thin rays keep their light when they are finer than a pixel.
        float astroid = sqrt(d.x) + sqrt(d.y) - sqrt(reach);
        star = clamp(0.5 - astroid * 2.0 * sqrt(max(min(d.x, d.y), 0.04 * reach)) / max(pixel, 1e-4), 0.0, 1.0);
        star = max(star, foil_cover(length(d) - 0.17 * reach, pixel));
    } else {
        star = foil_cover(length(d) - max(reach, 0.5 * pixel), pixel) * min(1.0, 4.0 * reach * reach / (pixel * pixel));
    }
    star *= 1.0 - smoothstep(0.5, 1.2, pixel);  // a pixel sees one cell of many: none, before that could be told
    m.flake = max(m.flake, star);
    m.tilt = star > 0.3 ? foil_normal(vec2(two.y, two.z)) * (rayed ? 0.7 : 1.0) : m.tilt;
    m.along = star > 0.3 ? foil_unit(FOIL_TURN * 0.5 * two.z) : m.along;
    m.shade = mix(m.shade, 1.0 + p.contrast * (rayed ? 2.2 : 0.4 + 1.6 * two.y), star);
    m.grating = mix(m.grating, 1.0, star);
}

// Galaxy: dust in swirls, whose grooves follow the stream, and stars of many sizes over it, densest in the dust.
Micro pattern_stars(Pattern p, vec2 mm, float footprint) {
    Micro m = foil_plain(p.angle);
    vec2 at = mm / (5.0 * p.size);
    uint salt = foil_salt(p, 60u);
    // The dust is carried round by larger eddies: noise at places that noise has moved.
    vec3 wide = foil_noise(at * 0.6 + 3.0, salt);
    vec2 moved = at + 1.5 * p.jitter * vec2(-wide.z, wide.y);
    vec3 a = foil_noise(moved, salt + 1u), b = foil_noise(foil_turned(moved, 0.8) * 2.1, salt + 2u);
    vec3 c = foil_noise(foil_turned(moved, 1.7) * 4.7, salt + 3u), e = foil_noise(foil_turned(moved, 2.9) * 10.0, salt + 4u);
    // The four scales, each to its mean where it is finer than a pixel.
    vec4 show = vec4(foil_seen(4.0 * p.size, footprint), foil_seen(2.0 * p.size, footprint), foil_seen(p.size, footprint), foil_seen(0.5 * p.size, footprint));
    float dust = dot(vec4(0.46, 0.27, 0.16, 0.11), mix(vec4(0.5), vec4(a.x, b.x, c.x, e.x), show));
    float cloud = smoothstep(0.40, 0.68, dust);
    m.along = foil_unit(p.angle + FOIL_TURN * (0.5 * a.x + 0.3 * b.x));
    m.grating = mix(p.ground, 1.0, cloud);
    m.shade = 1.0 + p.contrast * (1.3 * cloud - 0.75);
    m.film = 2.0 * dust - 1.0;
    m.height = cloud;
    float dense = p.fill * (0.35 + 0.65 * cloud);
    foil_stars(m, p, mm, 0.32 * p.size, 0.75 * dense, false, 64u, footprint);
    foil_stars(m, p, mm, 0.55 * p.size, 0.7 * dense, false, 67u, footprint);
    foil_stars(m, p, mm, 0.9 * p.size, 0.6 * dense, false, 70u, footprint);
    foil_stars(m, p, mm, 1.6 * p.size, 0.5 * dense, false, 73u, footprint);
    foil_stars(m, p, mm, 2.9 * p.size, 0.2 * p.fill, true, 76u, footprint);
    foil_stars(m, p, mm, 5.3 * p.size, 0.22 * p.fill, true, 79u, footprint);
    return m;
}
