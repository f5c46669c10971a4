// Prints, for each FBX and moment that it is given, what three.js sees, in centimetres. Arguments: the folder of the
// package "three", then "path@animation@seconds"; without an animation at rest.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...wanted] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(path.join(folder, name)).href);

// What a browser would have, as far as a loader asks for it: pictures are never decoded here.
globalThis.window = globalThis.self = globalThis;
globalThis.document = { createElementNS: () => ({ addEventListener() {}, removeEventListener() {}, style: {} }) };
globalThis.URL.createObjectURL = () => "blob:none";
console.warn = () => {};

const THREE = await load("build/three.module.js");
const { FBXLoader } = await load("examples/jsm/loaders/FBXLoader.js");
for (const argument of wanted) {
  const [file, clip, seconds] = argument.split("@");
  const data = fs.readFileSync(file);
  const scene = new FBXLoader().parse(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength), "");
  if (clip) {
    const mixer = new THREE.AnimationMixer(scene);
    mixer.clipAction(scene.animations.find((one) => one.name === clip)).play();
    mixer.setTime(Number(seconds));
  }
  scene.updateMatrixWorld(true);
  const meshes = [];
  scene.traverse((one) => {
    if (!one.isMesh) return;
    const rows = [];
    for (let i = 0; i < one.geometry.attributes.position.count; i++) {
      rows.push(one.getVertexPosition(i, new THREE.Vector3()).applyMatrix4(one.matrixWorld).toArray());
    }
    meshes.push(rows);
  });
  console.log("SEEN" + JSON.stringify({ meshes, animations: scene.animations.map((one) => one.name) }));
}
