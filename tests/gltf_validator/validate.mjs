// Validates the glTF files named on the command line with the Khronos validator.
// Prints one JSON object a file and line: {file, errors, warnings, messages}; exits 1 when any has an error.
import { readFile } from "node:fs/promises";
import path from "node:path";
import validator from "gltf-validator";

let failed = false;
for (const file of process.argv.slice(2)) {
  const folder = path.dirname(file);
  const report = await validator.validateBytes(new Uint8Array(await readFile(file)), {
    uri: path.basename(file),
    maxIssues: 100,
    externalResourceFunction: async (uri) =>
      new Uint8Array(await readFile(path.join(folder, decodeURIComponent(uri)))),
  });
  const { numErrors, numWarnings, messages } = report.issues;
  failed ||= numErrors > 0;
  console.log(
    JSON.stringify({
      file,
      errors: numErrors,
      warnings: numWarnings,
      messages: messages
        .filter((message) => message.severity < 2)
        .map((message) => `${message.code} ${message.pointer ?? ""} ${message.message}`),
    }),
  );
}
process.exitCode = failed ? 1 : 0;
