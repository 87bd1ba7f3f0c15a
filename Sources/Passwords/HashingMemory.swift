import CArgon2

/// Memory allocator settings for hashing.
enum HashingMemory {
    /// Makes glibc map the 19 MiB of each hash separately, and unmap them afterwards.
    ///
    /// Without this, glibc maps only the memory of the first hash: freeing that memory raises the threshold to the size
    /// of a hash's memory (mallopt(3), M_MMAP_THRESHOLD). After that, the heap of each thread keeps 19 MiB.
    static let configure: Void = {
        #if os(Linux)
            // mallopt fails only for a value out of range.
            _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
        #endif
    }()
}
