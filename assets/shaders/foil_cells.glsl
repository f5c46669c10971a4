// Cracked ice and glitter: sheets of flat pieces.

struct Shard { ivec2 cell; vec2 toward; float edge; };  // the nearest site's cell, the way to it, how far the border is

// The Voronoi cell that ``at`` is in (lengths in cells); its border is where the next site is as near (Quilez 2012).
// ``play`` 0 is a square lattice.
Shard foil_shard(vec2 at, float play, uint salt) {
    vec2 whole = floor(at), f = at - whole, next = vec2(0.0);
    float nearest = 8.0, second = 8.0;
    ivec2 best = ivec2(0);
    Shard s = Shard(ivec2(0), vec2(0.0), 8.0);
    for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) {
            vec2 way = vec2(i, j) + 0.5 + play * (foil_chance(ivec2(whole) + ivec2(i, j), salt).xy - 0.5) - f;
            float d = dot(way, way);
            bool first = d < nearest;
            if (first || d < second) { second = first ? nearest : d; next = first ? s.toward : way; }
            if (first) { nearest = d; s.toward = way; best = ivec2(i, j); }
        }
    vec2 apart = next - s.toward;
    s.edge = dot(0.5 * (s.toward + next), apart) * inversesqrt(max(dot(apart, apart), 1e-9));
    s.cell = ivec2(whole) + best;
    return s;
}

// Splinters: Voronoi cells, each split by a straight crack, each half again crossed by a finer net. A piece is flat,
// leans its own way and has grooves of its own direction, so that neighbours flash at different tilts.
Micro pattern_cells(Pattern p, vec2 mm, float footprint) {
    vec2 at = foil_turned(mm, -p.angle) / p.size;
    at.y *= 0.72;  // splinters are longer than wide
    float play = 0.25 + 0.75 * p.jitter;
    Shard s = foil_shard(at, play, foil_salt(p, 7u));
    vec3 one = foil_chance(s.cell, foil_salt(p, 8u));
    vec2 normal = foil_unit(FOIL_TURN * one.x);
    float crack = dot(s.toward, normal) + 0.24 * (one.y - 0.5);
    int half_ = crack > 0.0 ? 1 : 0;
    float edge = min(s.edge, abs(crack)) * p.size;
    float show = foil_seen(0.7 * p.size, footprint);
    vec3 two = foil_chance(s.cell * 2 + ivec2(half_, 0), foil_salt(p, 9u));
    vec3 three = foil_chance(s.cell * 2 + ivec2(half_, 1), foil_salt(p, 10u));
    // The finer net of chips shows in some of the pieces only.
    Shard chip = foil_shard(foil_turned(at, 0.6) * 2.6, play, foil_salt(p, 11u));
    vec3 small = foil_chance(chip.cell, foil_salt(p, 12u));
    float chipped = step(three.x, 0.45) * foil_seen(0.28 * p.size, footprint);
    edge = min(edge, mix(p.size, chip.edge * p.size / 2.6, chipped));

    Micro m = foil_plain(p.angle + show * (FOIL_TURN * 0.5 * two.x + chipped * 0.9 * (small.x - 0.5)));
    float figure = mix(p.fill, step(three.y, p.fill), show);
    float width = 0.03 + 0.018 * p.size;  // of a crack, mm
    float line = foil_cover(edge - width, max(footprint, 0.5 * width)) * clamp(2.0 * width / footprint, 0.0, 1.0) * show;
    m.grating = mix(p.ground, 1.0, figure) * (1.0 - 0.85 * line);
    m.shade = max(1.0 + show * p.contrast * (1.6 * (two.y - 0.5) + chipped * 0.8 * (small.y - 0.5)), 0.05);
    m.shade *= 1.0 - 0.3 * line * p.contrast;
    m.film = show * (2.0 * two.z - 1.0);
    vec2 lean = foil_normal(vec2(two.z, three.z)) * show + 0.6 * chipped * foil_normal(small.yz);
    m.slope = lean * 0.35 / p.size;
    m.height = clamp(0.5 - dot(s.toward * p.size, m.slope), 0.0, 1.0) * (1.0 - 0.5 * line);
    m.tilt = lean;
    m.flake = show;
    return m;
}

// One sprinkling of flakes: hexagons, at most one in a cell of a turned lattice, wholly inside it (one look-up). Adds
// what it covers to ``m``; gives the cover.
float foil_sprinkle(inout Micro m, Pattern p, vec2 mm, float size, float share, uint layer, float footprint) {
    float angle = p.angle + 2.399963 * float(layer);  // the golden angle: no two lattices line up
    vec2 at = foil_turned(mm, angle) / size;
    vec2 cell = floor(at);
    uint salt = foil_salt(p, layer);
    vec3 one = foil_chance(ivec2(cell), salt), two = foil_chance(ivec2(cell), salt + 1u), three = foil_chance(ivec2(cell), salt + 2u);
    if (one.z > share) return 0.0;
    float radius = mix(0.46, 0.46 - 0.26 * two.z, p.jitter);
    vec2 d = at - cell - 0.5 - (0.5 - radius) * (2.0 * one.xy - 1.0) * p.jitter;
    d = abs(foil_turned(d, FOIL_TURN * two.x));
    float hexagon = max(d.x * 0.8660254 + d.y * 0.5, d.y) - 0.92 * radius;
    float cover = foil_cover(hexagon * size, footprint);
    vec2 tilt = foil_normal(vec2(two.y, three.x));
    m.tilt = mix(m.tilt, tilt, step(0.5, cover));
    m.along = cover > 0.5 ? foil_unit(FOIL_TURN * 0.5 * three.y) : m.along;
    m.shade = mix(m.shade, 1.0 + p.contrast * (1.4 * three.z - 0.7), cover);
    m.film = mix(m.film, 2.0 * three.y - 1.0, cover);
    m.height = mix(m.height, 0.3 + 0.7 * three.z, cover);
    m.flake = max(m.flake, cover);
    return cover;
}

// Glitter at two scales. Where flakes are finer than a pixel, coarser ones stand for them (as many bright ones in a
// hundred, each as large as a pixel), so that a thumbnail sparkles too and zooming in only splits what is there.
Micro pattern_flakes(Pattern p, vec2 mm, float footprint) {
    Micro m = foil_plain(p.angle);
    m.grating = p.ground;
    float cell = p.size * 1.25, level = max(log2(2.2 * footprint / cell), 0.0);
    float size = cell * exp2(floor(level)), blend = level - floor(level);
    float fill = p.fill, below = 0.0;
    for (uint i = 0u; i < 5u; ++i) {
        bool large = i == 4u;
        // Each step of the size is a lattice of its own; a part of the flakes has already gone over to the next one.
        float scale = float(i) < 4.0 * blend ? 2.0 : 1.0;
        uint layer = 40u + 8u * i + 64u * uint(floor(level) + (scale > 1.5 ? 1.0 : 0.0));
        below = max(below, foil_sprinkle(m, p, mm, size * scale * (large ? 2.1 : 1.0), large ? 0.3 * fill : fill, layer, footprint));
    }
    m.grating = mix(p.ground, 1.0, below);
    return m;
}
