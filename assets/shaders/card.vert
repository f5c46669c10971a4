// The card's outline in pixels of the picture, as a fan, in a tile whose first row is the top one.
in vec2 in_place;
uniform vec4 u_tile;  // left, top, width, height in pixels
void main() {
    gl_Position = vec4((in_place - u_tile.xy) / u_tile.zw * 2.0 - 1.0, 0.0, 1.0);
}
