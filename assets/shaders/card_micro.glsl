// Sheets of foil: their parts, their patterns, and eight rows of numbers each, see renderers/card_sheets.py:
// 0 size, angle, jitter, contrast    1 fill, ground, seed, intensity                    2 metal: red, green, blue, lens pitch
// 3 spacing, strength, tan of the spread, share of the crossed grating               4 film: the table's scale, -, -,
// strength       5 flakes: size, slope, cover, strength          6 relief in mm, the path that the
// table ends at, slope of the relief's picture, frames per radian                    7 what the mirror keeps beside a grating, -
layout(std140, binding = 2) uniform Sheets { vec4 u_sheets[SHEETS * 8]; };

const int METAL = 1, GRATING = 2, FILM = 4, FLAKES = 8, RELIEF = 16, PICTURE = 32, LENSES = 64, VARNISH = 128,
          CROSSED = 256, UPRIGHT = 512,
          GLITTER = 1024;

Pattern foil_pattern(int i) {
    vec4 a = u_sheets[8 * i], b = u_sheets[8 * i + 1];
    return Pattern(a.x, a.y, a.z, a.w, b.x, b.y, b.z);
}

// The pattern with its flakes: those of a foil whose pattern is another come from a pattern of their own.
Micro foil_micro(const int i, const int parts, Micro m, vec2 mm, float footprint) {
    if ((parts & FLAKES) != 0 && (parts & GLITTER) == 0) {
        Pattern p = foil_pattern(i);
        p.size = u_sheets[8 * i + 5].x;
        p.fill = u_sheets[8 * i + 5].z;
        Micro apart = pattern_flakes(p, mm, footprint);
        m.flake = apart.flake;
        m.tilt = apart.tilt;
    }
    return m;
}

// The slope of the lenses' round backs, as far as a pixel is finer than they are.
vec2 ridges(float pitch, bool upright, vec2 mm, float footprint) {
    float across = (upright ? mm.x : mm.y) / pitch;
    float bend = 0.7 * (across - floor(across) - 0.5) * (1.0 - smoothstep(0.25, 0.6, footprint / pitch));
    return upright ? vec2(bend, 0.0) : vec2(0.0, bend);
}
