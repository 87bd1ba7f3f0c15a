import CArgon2

/// Where the 19 MiB of a hash come from and go to.
enum HashingMemory {
    /// The memory of a hash is mapped for it and given back after it. Without this glibc maps only the first: freeing that
    /// raises its threshold to as much (mallopt(3), M_MMAP_THRESHOLD), and from then on each thread's heap keeps 19 MiB.
    static let isGivenBack: Void = {
        #if os(Linux)
            // Said to be refused only for a value out of bounds.
            _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
        #endif
    }()
}
