import CArgon2

/// Memory allocator settings for hashing.
enum HashingMemory {
    /// Makes glibc map each hash's 19 MiB separately and unmap them afterwards.
    ///
    /// Without this, glibc maps only the first: freeing it raises the threshold to its size (mallopt(3),
    /// M_MMAP_THRESHOLD), and from then on each thread's heap keeps 19 MiB.
    static let configure: Void = {
        #if os(Linux)
            // mallopt fails only for a value out of range.
            _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
        #endif
    }()
}
