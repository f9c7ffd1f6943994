// Where these are undefined, webtorrent takes WebRTC for unsupported and goes on without.
export const RTCPeerConnection = undefined;
export const RTCSessionDescription = undefined;
export const RTCIceCandidate = undefined;
