import CHiredis
import NIOCore

extension RedisCommand {
    /// Appends the command in RESP, encoded by `redisFormatCommandArgv`.
    func encode(into buffer: inout ByteBuffer) {
        unsafe storage.withUnsafeBytes { words in
            var starts: [UnsafePointer<CChar>?] = unsafe []
            var lengths: [Int] = []
            unsafe starts.reserveCapacity(ends.count)
            lengths.reserveCapacity(ends.count)
            var start = 0
            for end in ends {
                // A command has a name, so there is a base address. An empty word is never read through its pointer.
                unsafe starts.append(words.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self))
                lengths.append(end - start)
                start = end
            }
            var formatted: UnsafeMutablePointer<CChar>?
            // Returns the length, or -1 if malloc failed.
            let length = unsafe Int(redisFormatCommandArgv(&formatted, Int32(ends.count), &starts, lengths))
            guard let bytes = unsafe formatted, length >= 0 else { preconditionFailure("out of memory") }
            unsafe buffer.writeBytes(UnsafeRawBufferPointer(start: bytes, count: length))
            unsafe redisFreeCommand(bytes)
        }
    }
}
