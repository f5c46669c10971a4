// Sends a file with tus-js-client: node upload.mjs '{"endpoint", "token", "file", "parallel", "chunk", "state"}'.
// Prints the upload's URL. With "state" it resumes what an earlier run (of the same file) had begun.
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import * as tus from "tus-js-client";

const want = JSON.parse(process.argv[2]);
const options = {
  endpoint: want.endpoint,
  headers: { Authorization: `Bearer ${want.token}` },
  metadata: { filename: basename(want.file), filetype: "application/octet-stream" },
  retryDelays: Array(want.retries ?? 60).fill(500),
  parallelUploads: want.parallel ?? 1,
  chunkSize: want.chunk ?? Infinity,
  uploadLengthDeferred: want.deferred ?? false,
  uploadDataDuringCreation: want.creation ?? false,
  urlStorage: want.state ? new tus.FileUrlStorage(want.state) : undefined,
  storeFingerprintForResuming: Boolean(want.state),
  removeFingerprintOnSuccess: true,
  // A farm that is being restarted answers nothing, or 5xx: both are worth another try.
  onShouldRetry: (error) => {
    const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
    return status === 0 || status >= 500 || [408, 409, 423, 429].includes(status);
  },
};

// A length that is told later is for streams that are no files: the client asks a file for its size.
const file = createReadStream(want.file);
const upload = new tus.Upload(want.deferred ? file.pipe(new PassThrough()) : file, {
  ...options,
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => {
    console.log(upload.url);
    process.exit(0);
  },
});
if (want.state) {
  const found = await upload.findPreviousUploads();
  if (found.length) upload.resumeFromPreviousUpload(found[0]);
}
upload.start();
