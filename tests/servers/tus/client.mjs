// tus-js-client with one file: node client.mjs TASK, a JSON object of endpoint, file, metadata, authorization, remembered
import fs from 'node:fs'
import * as tus from 'tus-js-client'

process.exitCode = 1 // when nothing is left to do and it has not succeeded
const task = JSON.parse(process.argv[2])
const upload = new tus.Upload(fs.createReadStream(task.file), {
  endpoint: task.endpoint,
  uploadSize: fs.statSync(task.file).size,
  chunkSize: 8 * 1024 * 1024,
  retryDelays: [200, 500, 1000, 2000],
  metadata: task.metadata,
  headers: { Authorization: task.authorization },
  urlStorage: new tus.FileUrlStorage(task.remembered),
  fingerprint: async () => 'the one file',
  onError(error) {
    console.error(String(error).slice(0, 500))
    process.exit(1)
  },
  onSuccess() {
    process.exit(0)
  },
})
const earlier = await upload.findPreviousUploads()
if (earlier.length > 0) upload.resumeFromPreviousUpload(earlier[0])
upload.start()
