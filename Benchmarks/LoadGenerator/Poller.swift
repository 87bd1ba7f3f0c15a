import CLinuxEvents
import Glibc

/// Waits for events on connections with epoll, edge-triggered: a descriptor is registered once.
@safe
struct Poller {
    private let descriptor: Int32
    private var events: [epoll_event]

    init(capacity: Int) {
        descriptor = epoll_create1(0)
        unsafe events = Array(repeating: epoll_event(), count: capacity)
    }

    func add(_ connection: Connection, index: Int) {
        var event = unsafe epoll_event()
        unsafe event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        unsafe event.data.u64 = UInt64(index)
        unsafe epoll_ctl(descriptor, EPOLL_CTL_ADD, connection.descriptor, &event)
    }

    /// Calls `handle` with the index of each connection that has an event.
    mutating func wait(nanoseconds: UInt64, _ handle: (Int) throws -> Void) rethrows {
        var timeout = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        let capacity = unsafe Int32(events.count)
        let count = unsafe events.withUnsafeMutableBufferPointer {
            unsafe epoll_pwait2(descriptor, $0.baseAddress, capacity, &timeout, nil)
        }
        guard count > 0 else { return }
        for index in 0..<Int(count) { try handle(Int(unsafe events[index].data.u64)) }
    }
}
