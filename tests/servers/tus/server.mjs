// The official tus server on one folder of files: node server.mjs FOLDER PORT
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const [folder, port] = process.argv.slice(2)
const server = new Server({ path: '/files', relativeLocation: true, datastore: new FileStore({ directory: folder }) })
server.listen({ host: '127.0.0.1', port: Number(port) }, () => console.log('listening'))
