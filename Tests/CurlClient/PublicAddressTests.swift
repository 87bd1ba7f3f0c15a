import CurlClient
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct PublicAddressTests {
    private func bytes(_ text: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, buffer.baseAddress)
        }
        #expect(count == 1, "\(text)")
        return bytes
    }

    @Test(arguments: [
        "0.0.0.0", "10.255.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.19.255.255", "198.51.100.7",
        "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
        "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:1ff::1", "2001:db8::1", "2002:7f00:1::",
        "3fff::1", "4000::1",
    ])
    func `an address of a special block is not public`(text: String) {
        #expect(!PublicAddress.contains(bytes(text)))
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.0.1", "100.128.0.1", "126.0.0.1", "128.0.0.1", "172.15.0.1",
        "172.32.0.1", "192.1.0.1", "192.167.0.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
        "2001:200::1", "2001:4860:4860::8888", "2a00:1450::1", "2606:4700::1111",
    ])
    func `other addresses are public`(text: String) {
        #expect(PublicAddress.contains(bytes(text)))
    }

    @Test func `addresses of other lengths are refused`() {
        for count in [0, 3, 5, 15, 17] { #expect(!PublicAddress.contains([UInt8](repeating: 8, count: count))) }
    }
}
